"""Plans that are kept: what is stored of each, how they are found again, and how they did."""
