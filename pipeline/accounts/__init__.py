"""Accounts of dashboard users: invitations, passwords, sign-ins. Every change is audited.

ASVS 5.0 chapters 6 and 7: https://github.com/OWASP/ASVS
"""

from pipeline.accounts.invite import INVITED_FOR, accept, invitation, invite, invite_first_admin
from pipeline.accounts.passwords import LONGEST, SHORTEST
from pipeline.accounts.sign_in import Person, sign_in, sign_out, sign_out_everywhere, signed_in
from pipeline.accounts.users import add_user, change_password, change_user

__all__ = [
    "INVITED_FOR",
    "LONGEST",
    "SHORTEST",
    "Person",
    "accept",
    "add_user",
    "change_password",
    "change_user",
    "invitation",
    "invite",
    "invite_first_admin",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
    "signed_in",
]
