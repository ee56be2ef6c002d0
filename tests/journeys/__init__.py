"""Journeys: what a contact, Twilio and an operator see, against the Procfile's real processes."""
