"""Binds the web server's port before anything else starts, so that a conflict is one line."""

import socket

from pipeline.errors import SettingsError

_BACKLOG = 1024


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises SettingsError with the setting to change."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise SettingsError(f"HOST: {host!r} is not an address of this machine.") from error
    listener = socket.socket(family, socket.SOCK_STREAM)
    # Allows a port whose last connections are in TIME_WAIT.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"PORT: {port} on {host} cannot be used ({error.strerror}). Stop what listens there, "
            "or choose another port."
        ) from error
    return listener
