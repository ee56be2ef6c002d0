"""What a message carries: texts, files, buttons, menus, cards, links and templates."""
