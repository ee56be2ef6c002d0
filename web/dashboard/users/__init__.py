"""Users and invitations."""
