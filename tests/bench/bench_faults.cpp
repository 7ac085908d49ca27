// Measures how long shorthopd takes for each message while two kinds of mail arrive at the same time: mail whose
// recipients need a live table, and mail whose recipients do not. The caller (faults.py) stops the table's server.
//   bench-faults TYPE:NAME LOOKUP_TIMEOUT     starts a daemon; answers each line "SECONDS" on standard input by a line
//                                             for each kind: KIND MESSAGES REWRITTEN P50 P99 MAX LATE, where times are
//                                             milliseconds; LATE counts those that took at least half the timeout
#include "support/daemon_process.h"
#include "support/fake_mta.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <thread>

namespace {

using namespace shorthop::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr auto pace = 10ms;  // between two messages of a client
constexpr unsigned clients_of_a_kind = 4;
constexpr unsigned entries = 10'000;  // of the table (live_tables.py)

struct Kind {
  const char* name;
  const char* domain;
};
constexpr Kind kinds[] = {{"live", "live.example"}, {"text", "text.example"}};

void write_text(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

void lay_out(const std::filesystem::path& directory, const std::string& main_settings, const std::string& table,
             const std::string& timeout) {
  write_text(directory / "shorthop.conf", main_settings +
                                              "mode = rewrite\npostfix-config = none\nlocal-domains = example.com\n"
                                              "local-recipients = static:all\ncache-ttl = 0s\nlookup-timeout = " +
                                              timeout + "\n");
  const auto relay = [&](const Kind& kind, const std::string& tables) {
    const std::string domain = kind.domain;
    write_text(directory / "relay.d" / (domain + ".conf"),
               "domains = " + domain + "\nprimary = 192.0.2.10\nprimary-domains = " + domain +
                   "\narrives-here = example.com\nvirtual-alias-maps = " + tables + "\n");
  };
  relay(kinds[0], table);
  write_text(directory / "virtual", "@text.example user@example.com\n");
  relay(kinds[1], "text:" + (directory / "virtual").string());
}

/// The times of the messages of one kind.
struct Times {
  std::mutex mutex;
  std::vector<double> milliseconds{};
  std::size_t rewritten = 0;
};

std::atomic<unsigned> next_recipient = 0;

void run_client(const std::string& socket, const Kind& kind, Clock::time_point end, Times& times) {
  FakeMta mta(socket);
  mta.greet();
  while (Clock::now() < end) {
    const auto begun = Clock::now();
    const std::string address = "<user" + std::to_string(next_recipient++ % entries) + "@" + kind.domain + ">";
    const Macros route = {{"{rcpt_mailer}", "smtp"}, {"{rcpt_host}", "[192.0.2.10]"}};
    const Treatment treatment = mta.send({.recipients = {{{address}, route}}});
    const Milliseconds taken = Clock::now() - begun;
    {
      const std::lock_guard lock(times.mutex);
      times.milliseconds.push_back(taken.count());
      times.rewritten += treatment.edits.empty() ? 0 : 1;
    }
    std::this_thread::sleep_until(begun + pace);
  }
  mta.quit();
}

double quantile(const std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0;
  const auto at = static_cast<std::size_t>(part * static_cast<double>(sorted.size()));
  return sorted[std::min(sorted.size() - 1, at)];
}

void print(const Kind& kind, Times& times, double late) {
  auto& all = times.milliseconds;
  std::sort(all.begin(), all.end());
  const auto slow = std::count_if(all.begin(), all.end(), [&](double one) { return one >= late; });
  std::printf("%s %zu %zu %.3f %.3f %.3f %td\n", kind.name, all.size(), times.rewritten, quantile(all, 0.5),
              quantile(all, 0.99), quantile(all, 1), slow);
}

void measure(const std::string& socket, double seconds, double late) {
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  Times times[std::size(kinds)];
  std::mutex mutex;
  std::exception_ptr failure;
  {
    std::vector<std::jthread> clients;
    for (std::size_t i = 0; i < std::size(kinds) * clients_of_a_kind; ++i) {
      clients.emplace_back([&, kind = i % std::size(kinds)] {
        try {
          run_client(socket, kinds[kind], end, times[kind]);
        } catch (...) {
          const std::lock_guard lock(mutex);
          failure = std::current_exception();
        }
      });
    }
  }
  if (failure) std::rethrow_exception(failure);
  for (std::size_t i = 0; i < std::size(kinds); ++i) print(kinds[i], times[i], late);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) throw std::invalid_argument("the arguments must be TYPE:NAME and lookup-timeout in whole seconds");
  const double timeout = std::strtod(argv[2], nullptr);
  const DaemonProcess daemon([&](const std::filesystem::path& directory, const std::string& main_settings) {
    lay_out(directory, main_settings, argv[1], std::to_string(static_cast<int>(timeout)) + "s");
  });
  for (double seconds = 0; std::cin >> seconds;) measure(daemon.socket(), seconds, timeout * 1000 / 2);
  return 0;
} catch (const std::exception& failure) {
  std::fprintf(stderr, "bench-faults: %s\n", failure.what());
  return 70;
}
