"""The web server's port, taken before anything else is started, so that a clash is one line."""

import socket

from pipeline.errors import SettingsError

_BACKLOG = 1024


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises SettingsError that names the setting to change."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise SettingsError(f"HOST: {host!r} is no address of this machine.") from error
    listener = socket.socket(family, socket.SOCK_STREAM)
    # A port whose last connections are still fading is free.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"PORT: {port} on {host} cannot be used ({error.strerror}); stop what listens there, "
            "or choose another."
        ) from error
    return listener
