#include "tables/types/live_answers.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace shorthop {
namespace {

constexpr std::size_t bytes_of_an_answer = 160;  // its place in the map and small allocations

std::size_t bytes_of(const std::string& key, const std::optional<Entry>& entry) {
  return bytes_of_an_answer + key.size() + (entry ? entry->value.size() : 0);
}

std::unexpected<LookupFailure> failed(std::string what, FailureKind kind) {
  return std::unexpected(LookupFailure{std::move(what), kind});
}

/// An exception must not leave the count of running look-ups wrong.
Lookup answer_of(const LiveAnswers::Ask& ask, const std::string& key, Deadline deadline) {
  try {
    return ask(key, deadline);
  } catch (const std::exception& trouble) {
    return failed(trouble.what(), FailureKind::unavailable);
  }
}

}  // namespace

Lookup LiveAnswers::find(const std::string& key, Deadline deadline, const Ask& ask) {
  const auto begun = Clock::now();
  std::unique_lock lock(mutex_);
  if (begun >= deadline) return not_asked("there was no time left");
  const Deadline last = std::min(deadline, begun + limits_.max_wait);
  const auto is_answered = [&] { return known(key, Clock::now()).has_value(); };
  if (!has_room_.wait_until(lock, last, [&] { return is_answered() || running_ < limits_.at_once; })) {
    return not_asked("other look-ups took too long");
  }
  if (auto answer = known(key, Clock::now())) {
    ++(*answer ? counts_.cached : counts_.failed);
    return std::move(*answer);
  }
  ++running_;
  is_retrying_ = is_paused_;
  lock.unlock();
  const auto start = Clock::now();
  Lookup answer = answer_of(ask, key, last);
  lock.lock();
  --running_;
  note(key, answer, Clock::now() - start);
  has_room_.notify_all();
  return answer;
}

/// The failure of a look-up that had no time to ask the table. It says nothing about the server, so it is counted, but
/// not noted as a failure of the table.
Lookup LiveAnswers::not_asked(std::string why) {
  ++counts_.failed;
  return failed(std::move(why), FailureKind::timeout);
}

/// An answer that needs no look-up: a cached one, or the failure of a paused table.
std::optional<Lookup> LiveAnswers::known(const std::string& key, Clock::time_point now) const {
  const auto found = answers_.find(key);
  if (found != answers_.end() && found->second.expires > now) return found->second.entry;
  if (is_paused_ && (now < paused_until_ || is_retrying_)) {
    return failed("it is not asked for some seconds, because it failed: " + why_, FailureKind::unavailable);
  }
  return std::nullopt;
}

void LiveAnswers::note(const std::string& key, const Lookup& answer, Clock::duration taken) {
  is_retrying_ = false;
  counts_.add_time(taken);
  slow_time_ += taken;
  ++(!answer ? counts_.failed : *answer ? counts_.found : counts_.absent);
  if (answer) {
    is_paused_ = false;
    is_answering_ = true;
    failures_ = 0;
    if (taken < limits_.max_wait / 20) slow_time_ = Clock::duration::zero();
    keep(key, *answer);
  } else if (answer.error().kind == FailureKind::timeout || answer.error().kind == FailureKind::unavailable) {
    note_failure(answer.error(), taken);
  }
}

/// A quick failure may concern one key only. A timeout after a short wait shows a slow server only if slow answers came
/// before it, because the message may have had little time left.
void LiveAnswers::note_failure(const LookupFailure& failure, Clock::duration taken) {
  const bool is_timeout = failure.kind == FailureKind::timeout;
  const bool took_long = (is_timeout ? slow_time_ : taken) >= limits_.max_wait / 2;
  if (is_timeout && !took_long) return;
  is_answering_ = false;
  ++failures_;
  why_ = failure.text();
  if (unreported_.empty()) unreported_ = why_;
  if (!took_long && !is_paused_ && failures_ < limits_.failures_in_a_row) return;
  is_paused_ = true;
  paused_until_ = Clock::now() + limits_.pause;
}

void LiveAnswers::keep(const std::string& key, const std::optional<Entry>& entry) {
  const auto now = Clock::now();
  const std::size_t bytes = bytes_of(key, entry);
  if (bytes > limits_.max_bytes / 100 || limits_.cache_ttl <= std::chrono::milliseconds(0)) return;
  const auto must_drop_oldest = [&] {
    return by_age_.front()->second.expires <= now || answers_.size() >= limits_.max_entries ||
           bytes_ + bytes > limits_.max_bytes;
  };
  while (!by_age_.empty() && must_drop_oldest()) drop_oldest();
  const auto [place, is_new] = answers_.try_emplace(key);
  if (!is_new) return;  // another thread was first
  place->second = {entry, now + limits_.cache_ttl};
  by_age_.push_back(place);
  bytes_ += bytes;
}

void LiveAnswers::drop_oldest() {
  const auto oldest = by_age_.front();
  bytes_ -= bytes_of(oldest->first, oldest->second.entry);
  answers_.erase(oldest);
  by_age_.pop_front();
}

LiveCounts LiveAnswers::counts() const {
  const std::lock_guard lock(mutex_);
  LiveCounts counts = counts_;
  counts.is_paused = is_paused_;
  return counts;
}

std::string LiveAnswers::take_failure() {
  const std::lock_guard lock(mutex_);
  return std::exchange(unreported_, {});
}

bool LiveAnswers::is_answering() const {
  const std::lock_guard lock(mutex_);
  return is_answering_;
}

void LiveCounts::add_time(std::chrono::duration<double> taken) {
  ++asked;
  seconds += taken.count();
  const auto bound = std::ranges::lower_bound(bounds, taken.count());
  if (bound != bounds.end()) ++within[static_cast<std::size_t>(bound - bounds.begin())];
}

void LiveAnswers::renew(const LiveLimits& limits) {
  const std::lock_guard lock(mutex_);
  limits_ = limits;
  by_age_.clear();
  answers_.clear();
  bytes_ = 0;
}

}  // namespace shorthop
