"""What a message carries: texts, files, buttons, lists, cards, links and templates."""
