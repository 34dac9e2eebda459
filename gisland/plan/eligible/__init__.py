"""The tests that every pair of scrap and site is put to."""
