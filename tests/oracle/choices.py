"""Random choices, for what makes tables and keys."""


class Choices:
    """Everything comes from one random generator, so the seed is enough to repeat a run."""

    def __init__(self, random):
        self.random = random

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def any_of(self, *choices):
        return self.random.choice(choices)
