"""Figures of measurements that are made by turns: median and spread, and the ratio of each pair."""
import statistics


def spread(values, form="{:.2f}"):
    """The median with the least and the greatest value: "1.50 (1.42..1.61)"."""
    least, middle, most = (form.format(value) for value in (min(values), statistics.median(values), max(values)))
    return f"{middle} ({least}..{most})"


def ratios(firsts, seconds):
    """The ratio of first to second in each pair. What slows the machine for a while slows both, so the ratio stays."""
    return [first / second for first, second in zip(firsts, seconds, strict=True)]


def judge(values, goal, at_least):
    """The spread of some ratios, and whether their median meets the goal."""
    middle = statistics.median(values)
    met = middle >= goal if at_least else middle <= goal
    sign = ">=" if at_least else "<="
    return f"{spread(values, '{:.3f}')}   goal {sign} {goal}: {'met' if met else 'missed'}", met
