"""What sends and receives messages. base.py is the contract, registry.py the list."""
