"""The commands, one file each; ``torchgrade.cli`` names and imports them."""
