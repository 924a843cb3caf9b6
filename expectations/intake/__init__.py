"""Files on their way in: read, judged, kept, refused or set apart; what people decide about them."""
