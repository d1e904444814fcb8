"""The procedures of the eve and of the exam day, as the regulation orders them [001:92-208]."""
