"""What declared rights mean, whatever the day: licences, evidence, clashes. No clock here."""
