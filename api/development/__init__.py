"""Stand-ins for the outside world while developing: Twilio, a few phones, and a mail server."""
