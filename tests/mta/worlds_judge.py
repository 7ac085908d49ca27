"""Compares the ends of each message without and with shorthop, and tells which recipients were provably local.

Equal ends are the promise (DESIGN 2.1). Whether a recipient is provably local is judged without asking shorthop. A
message to this recipient alone, sent without shorthop, must have ended only in mailboxes of the secondary. It must have
kept its sender, which an owner alias would have changed. Also, the recipient's path through the world's own tables must
be free of obstacles: things that shorthop is known not to see or follow (worlds_walk.py).
"""
import collections
import dataclasses
import re

from worlds import address_of
from worlds_run import SENDER
from worlds_walk import obstacles

KINDS = ("lost", "duplicated", "misdelivered", "extra")
SECONDARY = "mail.example.com"


@dataclasses.dataclass
class Difference:
    """A difference between the runs without and with shorthop."""
    kind: str
    envelope: int
    text: str


@dataclasses.dataclass
class Verdict:
    """What the comparison of one world found."""
    differences: list = dataclasses.field(default_factory=list)
    same: int = 0
    partly: int = 0            # copies that are not compared, because local(8) of a primary defers their message in part
    merged: int = 0            # copies saved, where one message reaches one mailbox twice without shorthop
    sooner: int = 0            # messages that a primary defers as a whole, and shorthop delivers in part
    hops: int = 0              # saved
    bytes: int = 0             # not sent between hosts
    needless: list = dataclasses.field(default_factory=list)  # a text on each provably local recipient that was kept
    rewritten: int = 0         # provably local recipients that were replaced
    kept: collections.Counter = dataclasses.field(default_factory=collections.Counter)  # reasons why they were kept
    # By obstacle: recipients that end in local mailboxes, but not provably.
    set_aside: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    reasons: collections.Counter = dataclasses.field(default_factory=collections.Counter)  # of all decisions


def judge(world, results):
    """Returns the Verdict on the result of send_both() for the world's envelopes."""
    verdict = Verdict()
    if any(site.split for site in world.sites):
        results = [tuple(without_address_elsewhere(way) for way in result) for result in results]
    alone = {recipients[0]: result for recipients, result in zip(world.envelopes, results) if len(recipients) == 1}
    forwarding = {entry.key for entry in world.forward}
    for at, (recipients, (without, with_it)) in enumerate(zip(world.envelopes, results)):
        found = list(differences(recipients, without, with_it, alone, verdict, forwarding))
        if any(other.is_falsely_declared() for other in world.other_milters):
            # shorthop was wrongly told that no milter deletes recipients: more copies are allowed, fewer are not.
            found = [(kind, text) for kind, text in found if kind != "duplicated"]
        verdict.differences += [Difference(kind, at, text) for kind, text in found]
        verdict.same += not found
        saved = sum(without.passes) - sum(with_it.passes) if len(without.passes) == len(with_it.passes) else 0
        verdict.hops += saved
        verdict.bytes += saved * without.size
        verdict.reasons.update(f"{decision.decision} {decision.reason}" for decision in with_it.decisions)
        verdict.reasons.update("refused unknown-recipient" for to in with_it.refused if to not in without.refused)
        if len(recipients) == 1:
            judge_share(world, recipients[0], without, with_it, verdict)
    return verdict


def without_address_elsewhere(sent):
    """Returns the Sent without the "for ADDRESS" in the notes of mailboxes elsewhere. With split = yes, recipients that
    stay at a primary are sent under another address, so Delivered-To differs there."""
    ends = collections.Counter()
    for end, copies in sent.ends.items():
        is_there = end.kind == "mailbox" and end.host != SECONDARY
        ends[end._replace(note=end.note[end.note.index(" from "):].strip()) if is_there else end] += copies
    return dataclasses.replace(sent, ends=ends)


def differences(recipients, without, with_it, alone, verdict, forwarding=()):
    """Yields (kind, text) of each difference; counts the permitted ones. `forwarding`: users with a .forward here."""
    refused = [to for to in with_it.refused if to not in without.refused]  # by reject-unknown
    if without.refused != tuple(to for to in with_it.refused if to not in refused):
        yield "misdelivered", f"refused {without.refused or 'nothing'}, with shorthop {with_it.refused or 'nothing'}"
    for to in refused:
        ends = alone[to][0].ends if to in alone else without.ends
        if any(end.kind != "report" for end in ends):  # if there is no end at all, no report was wanted
            yield "lost", f"{to} was refused, and without shorthop there is {', '.join(map(show, ends))}"
    unknown = {named_in_reports(to) for to in refused}
    before = collections.Counter({end: copies for end, copies in without.ends.items()
                                  if end.kind != "report" or reported_on(end) not in unknown})
    after = with_it.ends
    without = dataclasses.replace(without, ends=before)
    may_come = sooner_ends(recipients, without, alone)
    merged = list(merged_reports(before - after, after, recipients, with_it.decisions))
    verdict.merged += len(merged)
    gone = [end for end in before if not after[end] and end not in merged]
    lost = [end for end in gone if end.kind != "deferred" or not comes_sooner(end, recipients, alone)]
    split_off = set().union(*targets_of(recipients, with_it.decisions).values()) if without.deferred() else set()
    strange = [end for end in after if not before[end] and not may_come[end]
               and not (end.kind == "deferred" and end.name in split_off)]  # the new address waits, too
    unsteady = {end for end in before | after if end.kind == "mailbox" and before[end] != after[end]} \
        if deferred_within(without) & deferred_within(with_it) else set()
    verdict.partly += len(unsteady)
    lost = [end for end in lost if end not in unsteady]
    strange = [end for end in strange if end not in unsteady]
    verdict.sooner += len(gone) > len(lost) + len(merged)
    for end, other in zip(lost, strange):
        yield "misdelivered", f"{show(end)} became {show(other)}"
    for end in lost[len(strange):]:
        yield "lost", show(end)
    for end in strange[len(lost):]:
        yield "extra", show(end)
    for end, copies in after.items():
        most = before[end] + may_come[end]
        if end in unsteady:
            continue
        if end not in strange and most < copies and end.kind != "deferred":
            yield "duplicated", f"{show(end)}: {copies} copies, {most} without shorthop"
        elif copies < before[end] and end not in lost:
            if end.kind != "report" and may_merge(end, recipients, with_it.decisions, forwarding):
                verdict.merged += before[end] - copies
            elif end.kind == "report" and reported_on(end) in targets_of(recipients, with_it.decisions):
                verdict.merged += before[end] - copies
            elif end not in merged:
                yield "lost", f"{show(end)}: {copies} times, {before[end]} without shorthop"


# A primary that cannot expand one recipient (a loop, a limit) defers the message for all its recipients. shorthop may
# deliver to some of them in the meantime. These ends only come sooner: a message to such a recipient alone has the same
# ends without shorthop.

def sooner_ends(recipients, without, alone):
    """Further ends that a run with shorthop may have: the ends of recipients that wait without shorthop."""
    waiting = without.deferred()
    if not waiting or len(recipients) == 1:
        return collections.Counter()
    are_deferred_here = all(end.host == SECONDARY for end in without.ends if end.kind == "deferred")
    return sum((alone[to][0].ends for to in recipients if to in alone and
                (not are_deferred_here or "@".join(address_of(to)) in waiting)), collections.Counter())


def deferred_within(sent):
    """Recipients that a primary accepted and then deferred. If one part of an expansion fails, it is random whether
    local(8) has sent the other parts: even without shorthop, two equal messages may end differently."""
    return {end.name for end in sent.ends if end.kind == "deferred" and end.host != SECONDARY}


def comes_sooner(deferred, recipients, alone):
    """Whether this recipient waits only because of the other recipients of its message."""
    mine = [to for to in recipients if to in alone and "@".join(address_of(to)) == deferred.name]
    return len(recipients) > 1 and mine and not any(deferred.name in alone[to][0].deferred() for to in mine)


def targets_of(recipients, decisions):
    """Replaced recipient, as named in a report -> its new addresses."""
    became = {address_of(decision.recipient): set(decision.to.strip("<>").lower().split(">,<"))
              for decision in decisions if decision.decision == "rewrite"}
    return {named_in_reports(to): became[address_of(to)] for to in recipients if address_of(to) in became}


def named_in_reports(recipient):
    original = re.search(r" ORCPT=rfc822;(\S+)", recipient)
    if not original:
        return address_of(recipient)
    return address_of(re.sub(r"\+([0-9A-F]{2})", lambda code: chr(int(code[1], 16)), original[1]))


def may_merge(end, recipients, decisions, forwarding):
    """Whether shorthop may have merged several copies at this end. After a split, it may have done so on any host. If
    recipients were replaced without a split, it may have done so on the secondary. On another host it may have done so
    only if two recipients lead to one address, or if one recipient leads to a user of the secondary who may forward the
    copies (`forwarding`)."""
    replaced = targets_of(recipients, decisions)
    if any(decision.reason == "split" for decision in decisions):
        return True
    direct = [{"@".join(address_of(recipient))} for recipient in recipients]
    shared = collections.Counter(target for targets in [*replaced.values(), *direct] for target in targets)
    forwarded = any(target.partition("@")[0] in forwarding for targets in replaced.values() for target in targets)
    return bool(replaced) and (end.host == SECONDARY or forwarded or max(shared.values()) > 1)


def merged_reports(missing, after, recipients, decisions):
    """Yields each missing report that a merged copy explains. The report names a recipient X. The copy for X was merged
    with the copy for another recipient, and there is a report on that other recipient."""
    targets = targets_of(recipients, decisions)
    for end in missing:
        mine = targets.get(reported_on(end)) if end.kind == "report" else None
        # The same recipient in another spelling counts as another recipient.
        reported = {reported_on(other) for other in after if other.kind == "report" and other != end}
        if mine and any("@".join(other) in mine or mine & targets.get(other, set()) for other in reported):
            yield end


def reported_on(end):
    return address_of(end.note.partition(" ")[2])


def show(end):
    return " ".join(filter(None, (end.host, end.kind, end.name, end.note)))


def is_replaced(without, with_it):
    """Whether the log says so. Static tables log nothing: with them, whether hops were saved."""
    if with_it.decisions:
        return any(decision.decision == "rewrite" for decision in with_it.decisions)
    return sum(with_it.passes) < sum(without.passes)


def judge_share(world, recipient, without, with_it, verdict):
    """Counts whether a provably local recipient was replaced."""
    ends = without.ends
    is_local = ends and all(end.host == SECONDARY and end.kind == "mailbox" and end.note.endswith(f" from {SENDER}")
                            for end in ends)
    if not is_local or "NOTIFY=NEVER" in recipient:  # with NOTIFY=NEVER, an end is possibly not reported
        return
    in_the_way = obstacles(world, recipient)
    if in_the_way:
        verdict.set_aside.update(sorted(in_the_way)[:1])
    elif is_replaced(without, with_it):
        verdict.rewritten += 1
    else:
        reasons = " ".join(decision.reason for decision in with_it.decisions) or "not in the static table"
        verdict.kept[reasons] += 1
        verdict.needless.append(f"{recipient} ends in {', '.join(map(show, ends))}: kept for {reasons}")
