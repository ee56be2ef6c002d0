"""The operator's verbs, one module for each kind of thing they change."""
