"""Mails and tickets: what forms leave in their texts, and what is no word of the customer's."""
