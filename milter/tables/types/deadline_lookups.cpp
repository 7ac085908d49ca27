#include "tables/types/deadline_lookups.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace shorthop {
namespace {

using Clock = std::chrono::steady_clock;

struct Job {
  std::optional<Lookup> answer;
  bool is_late = false;  ///< its caller has stopped waiting
  Clock::time_point answered;
};

constexpr std::size_t max_jobs = 10'000;  // beyond this number, answers are dropped

/// An exception must not leave the thread.
Lookup answer_to(const DeadlineLookups::Ask& ask, const std::string& key) {
  try {
    return ask(key);
  } catch (const std::exception& trouble) {
    return std::unexpected(LookupFailure{trouble.what(), FailureKind::unavailable});
  }
}

Lookup too_late() { return std::unexpected(LookupFailure{"the system did not answer in time", FailureKind::timeout}); }

}  // namespace

struct DeadlineLookups::State {
  State(Ask how, DeadlineLimits given) : ask(std::move(how)), limits(given) {}

  const Ask ask;
  const DeadlineLimits limits;
  std::mutex mutex;
  std::condition_variable has_work;
  std::condition_variable has_answer;
  std::map<std::string, std::shared_ptr<Job>> jobs;  ///< running and waiting jobs, and answers
  std::deque<std::string> waiting;
  std::size_t threads = 0;
  std::size_t idle = 0;
  bool is_closed = false;
  Clock::time_point slow_until{};

  /// The main function of a thread.
  static void work(const std::shared_ptr<State>& state);
  /// The job for the key, created if there is none; null if too many are waiting.
  std::shared_ptr<Job> job_for(const std::string& key, const std::shared_ptr<State>& self);
  bool start_thread(const std::shared_ptr<State>& self);
  bool is_old(const Job& job, Clock::time_point now) const;
  void drop_old_answers();
};

void DeadlineLookups::State::work(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  for (;;) {
    ++state->idle;
    state->has_work.wait(lock, [&] { return state->is_closed || !state->waiting.empty(); });
    --state->idle;
    if (state->waiting.empty()) return;  // closed
    const std::string key = std::move(state->waiting.front());
    state->waiting.pop_front();
    const std::shared_ptr<Job> job = state->jobs.at(key);
    lock.unlock();
    Lookup answer = answer_to(state->ask, key);
    lock.lock();
    job->answer = std::move(answer);
    job->answered = Clock::now();
    if (!job->is_late && !job->answer->has_value()) state->jobs.erase(key);  // only a late failure is kept
    state->has_answer.notify_all();
  }
}

std::shared_ptr<Job> DeadlineLookups::State::job_for(const std::string& key, const std::shared_ptr<State>& self) {
  const auto known = jobs.find(key);
  if (known != jobs.end()) {
    const auto& job = known->second;
    if (!is_old(*job, Clock::now())) return job;
    jobs.erase(known);
  }
  if (waiting.size() >= limits.max_waiting) return nullptr;
  drop_old_answers();
  auto job = std::make_shared<Job>();
  jobs.emplace(key, job);
  waiting.push_back(key);
  if (idle == 0 && threads < limits.threads && !start_thread(self) && threads == 0) {
    jobs.erase(key);
    waiting.pop_back();
    return nullptr;
  }
  has_work.notify_one();
  return job;
}

/// Starts a thread; false if the system has none left (pthread_create(3)).
bool DeadlineLookups::State::start_thread(const std::shared_ptr<State>& self) {
  try {
    std::thread([self] { work(self); }).detach();
  } catch (const std::system_error&) {
    return false;
  }
  ++threads;
  return true;
}

bool DeadlineLookups::State::is_old(const Job& job, Clock::time_point now) const {
  return job.answer && now - job.answered > (job.is_late ? limits.late_answer_age : limits.answer_age);
}

/// Bounds the memory: drops old answers and, if that is not enough, all of them.
void DeadlineLookups::State::drop_old_answers() {
  if (jobs.size() < max_jobs) return;
  const auto now = Clock::now();
  std::erase_if(jobs, [&](const auto& job) { return is_old(*job.second, now); });
  if (jobs.size() >= max_jobs) std::erase_if(jobs, [](const auto& job) { return job.second->answer.has_value(); });
}

DeadlineLookups::DeadlineLookups(Ask ask, DeadlineLimits limits)
    : state_(std::make_shared<State>(std::move(ask), limits)) {}

DeadlineLookups::~DeadlineLookups() {
  const std::lock_guard lock(state_->mutex);
  state_->is_closed = true;
  state_->waiting.clear();
  state_->has_work.notify_all();
}

void DeadlineLookups::forget() const {
  const std::lock_guard lock(state_->mutex);
  std::erase_if(state_->jobs, [](const auto& job) { return job.second->answer.has_value(); });
}

Lookup DeadlineLookups::find(const std::string& key, Deadline deadline) const {
  const auto begun = Clock::now();
  if (begun >= deadline) return too_late();
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  const std::shared_ptr<Job> job = state.job_for(key, state_);
  if (job == nullptr) return too_late();
  const bool is_slow = begun < state.slow_until;
  const auto max_wait = is_slow ? std::chrono::milliseconds(10) : state.limits.max_wait;
  state.has_answer.wait_until(lock, std::min(begun + max_wait, deadline), [&] { return job->answer.has_value(); });
  if (job->answer) return *job->answer;
  job->is_late = true;
  const auto now = Clock::now();
  // A short wait, because the message had little time left, does not mean that the system is slow.
  const bool waited_long = now - begun >= state.limits.max_wait / 2;
  if (!is_slow && waited_long) state.slow_until = now + state.limits.slow_period;
  return too_late();
}

}  // namespace shorthop
