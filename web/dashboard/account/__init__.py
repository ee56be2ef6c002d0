"""Your account: password and signed-in browsers."""
