"""Figures of measurements in turns: medians, the ratios of the pairs, and how far they lie apart."""
import statistics


def spread(values, form="{:.2f}"):
    """The median with the least and the greatest value: "1.50 (1.42..1.61)"."""
    least, middle, most = (form.format(value) for value in (min(values), statistics.median(values), max(values)))
    return f"{middle} ({least}..{most})"


def ratios(firsts, seconds):
    """First to second of each pair: what slows the machine for a while slows both of a pair."""
    return [first / second for first, second in zip(firsts, seconds, strict=True)]


def judged(values, goal, at_least):
    """The spread of some ratios, and whether their median meets the goal."""
    middle = statistics.median(values)
    met = middle >= goal if at_least else middle <= goal
    sign = ">=" if at_least else "<="
    return f"{spread(values, '{:.3f}')}   goal {sign} {goal}: {'met' if met else 'missed'}", met
