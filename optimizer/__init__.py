"""wattbit: where should a country's data centers stand, and what does it keep by it?"""
