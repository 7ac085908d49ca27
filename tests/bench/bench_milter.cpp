// Throughput of shorthopd against the bare filter over the milter protocol alone, alternately (A B A B), so that other
// load on the machine affects both. Prints medians, and the ratios of the pairs with their spread.
// Clients and filters share two processors.
//   bench-milter [PAIRS [SECONDS [PART_OF_A_TITLE]]]
#include "support/daemon_process.h"
#include "support/fake_mta.h"

#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>

namespace {

using namespace shorthop::test;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t aliases = 100'000;  // a third each: virtual(5) names, their local aliases, foreign ones
constexpr std::size_t people = aliases / 3;
constexpr unsigned connections_at_once = 8;
constexpr double goal = 0.8;

struct Load {
  const char* title;
  const char* recipient_prefix;
  bool rewritten;
  unsigned messages_a_connection;
  std::size_t recipients;  ///< how many recipients get mail, one after the other
};

constexpr std::size_t everybody = people;  // more than the messages of a run, so nobody gets mail twice
constexpr std::size_t few = 100;           // each of them has had mail a moment ago

constexpr std::array<Load, 6> loads = {{
    {"left alone, first mail, 1 message a connection", "abroad", false, 1, everybody},
    {"left alone, first mail, 100 a connection", "abroad", false, 100, everybody},
    {"left alone, repeated mail, 100 a connection", "abroad", false, 100, few},
    {"rewritten, first mail, 1 message a connection", "first.last", true, 1, everybody},
    {"rewritten, first mail, 100 a connection", "first.last", true, 100, everybody},
    {"rewritten, repeated mail, 100 a connection", "first.last", true, 100, few},
}};

/// This process and those that it starts run on the first two processors that it may use.
void use_two_processors() {
  const auto check = [](int result) {
    if (result != 0) throw std::system_error(errno, std::generic_category(), "scheduling on two processors");
  };
  cpu_set_t all;
  check(::sched_getaffinity(0, sizeof all, &all));
  cpu_set_t two;
  CPU_ZERO(&two);
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&two) < 2; ++cpu) {
    if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &two);
  }
  check(::sched_setaffinity(0, sizeof two, &two));
}

Setup daemon_setup() {
  Setup setup;
  setup.virtual_aliases.clear();
  setup.aliases.clear();
  setup.local_recipients.clear();
  for (std::size_t i = 0; i < people; ++i) {
    const std::string n = std::to_string(i);
    const auto line = [&n](std::string_view before, std::string_view between, std::string_view behind) {
      return std::string(before).append(n).append(between).append(n).append(behind);
    };
    setup.virtual_aliases += line("first.last", "@example.org user", "@example.org\n");
    setup.aliases += line("user", ": user", "@example.com\n");
    setup.aliases += line("abroad", ": abroad", "@example.net\n");
    setup.local_recipients.append("user").append(n).append("\n");
  }
  return setup;
}

/// The bare filter, in one of its two patterns of replies.
class BareFilter {
 public:
  explicit BareFilter(bool rewrite) : socket_("unix:" + (directory_.path() / "milter.sock").string()) {
    std::vector<std::string> arguments = {SHORTHOP_BINARY_DIR "/bare-filter", socket_};
    if (rewrite)
      arguments.insert(arguments.end(), {"rewrite", "<first.last12345@example.org>", "<user12345@example.com>",
                                         "ORCPT=rfc822;first.last12345@example.org"});
    else
      arguments.emplace_back("keep");
    process_.start(arguments, directory_.path() / "log");
    process_.wait_for_listener(socket_);
  }
  const std::string& socket() const { return socket_; }
  const ChildProcess& process() const { return process_; }

 private:
  TemporaryDirectory directory_;
  std::string socket_;
  ChildProcess process_;
};

struct Rate {
  double messages_a_second = 0;
  double processor_microseconds_a_message = 0;
};

/// Chooses the next recipient, for all clients of a run.
class Walk {
 public:
  Walk(Clock::time_point end, std::size_t recipients) : end_(end), recipients_(recipients) {}

  bool is_over() const { return Clock::now() >= end_ || (recipients_ == everybody && next_ >= everybody); }
  std::size_t person() { return next_++ % recipients_ * 7919 % people; }  // a prime, so that neighbours lie far apart

 private:
  Clock::time_point end_;
  std::size_t recipients_;
  std::atomic<std::size_t> next_ = 0;
};

/// One client: opens one session after another, each with `messages_a_connection` messages, until the time is up or
/// every recipient has had mail. Counts the messages, and checks how each is treated.
std::size_t run_client(const std::string& socket, const Load& load, Walk& walk) {
  std::size_t messages = 0;
  while (!walk.is_over()) {
    FakeMta mta(socket);
    mta.greet();
    for (unsigned i = 0; i < load.messages_a_connection && !walk.is_over(); ++i, ++messages) {
      const std::size_t person = walk.person();
      const std::string address = load.recipient_prefix + std::to_string(person) + "@example.org";
      const Macros route = {{"{rcpt_mailer}", "smtp"}, {"{rcpt_host}", "[mail.example.org]"}};
      const Treatment treatment = mta.send({.recipients = {{{"<" + address + ">"}, route}}});
      if (treatment.edits.empty() == load.rewritten)
        throw ProtocolError("not treated as the load wants it: " + address);
    }
    mta.quit();
  }
  return messages;
}

/// Runs all clients at once; returns the number of their messages.
std::size_t run_clients(const std::string& socket, const Load& load, Walk& walk) {
  std::atomic<std::size_t> messages = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  std::vector<std::jthread> clients;
  clients.reserve(connections_at_once);
  for (unsigned client = 0; client < connections_at_once; ++client)
    clients.emplace_back([&] {
      try {
        messages += run_client(socket, load, walk);
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
      }
    });
  clients.clear();
  if (failure) std::rethrow_exception(failure);
  return messages;
}

Rate measure(const std::string& socket, const ChildProcess& filter, const Load& load, Seconds duration) {
  const Seconds used_before = filter.processor_time();
  const auto start = Clock::now();
  Walk walk(start + std::chrono::duration_cast<Clock::duration>(duration), load.recipients);
  const auto count = static_cast<double>(run_clients(socket, load, walk));
  const Seconds elapsed = Clock::now() - start;
  return {count / elapsed.count(), (filter.processor_time() - used_before).count() * 1e6 / count};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double median_of(const std::vector<Rate>& rates, double Rate::* member) {
  std::vector<double> values;
  values.reserve(rates.size());
  for (const auto& rate : rates) values.push_back(rate.*member);
  return median(values);
}

/// Measures two filters alternately and prints a row without its line end. Returns the median ratio of first to second.
/// Each pair has processes of its own: two processes of one program differ in speed by up to 15 %, for as long as they
/// run.
template <class StartFirst, class StartSecond>
double compare(const char* title, StartFirst start_first, StartSecond start_second, const Load& load, unsigned pairs,
               Seconds duration) {
  const auto run = [&](auto& filter) { return measure(filter.socket(), filter.process(), load, duration); };
  std::vector<Rate> firsts;
  std::vector<Rate> seconds;
  std::vector<double> ratios;
  for (unsigned pair = 0; pair < pairs; ++pair) {
    auto first = start_first();
    auto second = start_second();
    // The order changes, so that the after-effects of one filter do not always affect the other.
    if (pair % 2 == 0) {
      firsts.push_back(run(first));
      seconds.push_back(run(second));
    } else {
      seconds.push_back(run(second));
      firsts.push_back(run(first));
    }
    ratios.push_back(firsts.back().messages_a_second / seconds.back().messages_a_second);
  }
  const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
  const double ratio = median(ratios);
  std::printf("%-50s %8.0f %8.0f   %5.3f (%.3f..%.3f)   %5.1f %5.1f", title,
              median_of(firsts, &Rate::messages_a_second), median_of(seconds, &Rate::messages_a_second), ratio, *least,
              *most, median_of(firsts, &Rate::processor_microseconds_a_message),
              median_of(seconds, &Rate::processor_microseconds_a_message));
  return ratio;
}

/// Measures every load whose title has this part; returns whether the goal is met in each.
bool compare_all(unsigned pairs, Seconds duration, std::string_view part_of_title) {
  use_two_processors();
  const auto bare = [](bool rewrite) { return [rewrite] { return BareFilter(rewrite); }; };
  compare("(the method's noise: bare against bare)", bare(false), bare(false), loads.front(), pairs, duration);
  std::puts("");
  const Setup setup = daemon_setup();
  const auto shorthopd = [&setup] { return DaemonProcess(setup); };
  bool met = true;
  for (const auto& load : loads) {
    if (!std::string_view(load.title).contains(part_of_title)) continue;
    const bool is_met = compare(load.title, shorthopd, bare(load.rewritten), load, pairs, duration) >= goal;
    std::printf("   goal >= %.1f: %s\n", goal, is_met ? "met" : "missed");
    std::fflush(stdout);
    met = met && is_met;
  }
  return met;
}

}  // namespace

int main(int argc, char** argv) try {
  const unsigned pairs = argc > 1 ? static_cast<unsigned>(std::max(1L, std::strtol(argv[1], nullptr, 10))) : 11;
  const Seconds duration(argc > 2 ? std::strtod(argv[2], nullptr) : 0.2);
  std::printf("milter protocol alone, on two processors: %u connections at once, %zu aliases, %u pairs of %.1f s\n",
              connections_at_once, aliases, pairs, duration.count());
  std::printf("%-50s %8s %8s   %-22s   %s\n", "messages a second; CPU microseconds a message", "shorthop", "bare",
              "ratio (min..max)", "shorthop bare");
  return compare_all(pairs, duration, argc > 3 ? argv[3] : "") ? 0 : 1;
} catch (const std::exception& failure) {
  std::fprintf(stderr, "bench-milter: %s\n", failure.what());
  return 70;
}
