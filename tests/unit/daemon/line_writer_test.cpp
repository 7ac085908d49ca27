#include "daemon/log/line_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.h"
#include "support/temporary_directory.h"

using namespace shorthop;
using namespace shorthop::test;
using namespace std::chrono_literals;

namespace {

/// A pipe that is read only when the test calls read().
struct Pipe {
  Pipe() {
    std::signal(SIGPIPE, SIG_IGN);  // like the daemon
    REQUIRE(::pipe(ends.data()) == 0);
  }
  ~Pipe() {
    close_reader();
    if (ends[1] >= 0) ::close(ends[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  Pipe(Pipe&&) = delete;
  Pipe& operator=(Pipe&&) = delete;
  void close_reader() {
    if (ends[0] >= 0) ::close(ends[0]);
    ends[0] = -1;
  }
  std::string read(std::size_t bytes) const {
    std::string text(bytes, '\0');
    std::size_t have = 0;
    pollfd readable{ends[0], POLLIN, 0};
    while (have < bytes && ::poll(&readable, 1, 5000) == 1) {
      const ssize_t got = ::read(ends[0], text.data() + have, bytes - have);
      if (got <= 0) break;
      have += static_cast<std::size_t>(got);
    }
    text.resize(have);
    return text;
  }
  std::array<int, 2> ends{-1, -1};
};

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("lines are written completely and in order", "[daemon][log]") {
  const Pipe pipe;
  LineWriter writer(pipe.ends[1]);
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    REQUIRE(writer.write(line));
    expected += line;
  }
  CHECK(pipe.read(expected.size()) == expected);
}

TEST_CASE("every accepted line is written before the writer ends", "[daemon][log]") {
  const Pipe pipe;
  {
    CHECK(LineWriter(pipe.ends[1]).write("the last words\n"));
  }
  CHECK(pipe.read(15) == "the last words\n");
}

TEST_CASE("flush returns when everything is written", "[daemon][log]") {
  const Pipe pipe;
  LineWriter writer(pipe.ends[1]);
  writer.write("now\n");
  CHECK(writer.flush(5s));
  CHECK(pipe.read(4) == "now\n");
}

TEST_CASE("if the reader is stuck, lines are lost, but write() does not wait", "[daemon][log]") {
  Pipe pipe;
  constexpr std::size_t capacity = 100'000;
  const std::string line(999, 'x');
  const auto start = std::chrono::steady_clock::now();
  {
    LineWriter writer(pipe.ends[1], capacity);
    std::size_t taken = 0;
    for (int i = 0; i < 10'000; ++i)
      if (writer.write(line + "\n")) ++taken;
    CHECK(taken >= 100);    // the buffer is used
    CHECK(taken < 10'000);  // and bounded
    CHECK_FALSE(writer.flush(10ms));
  }
  pipe.ends[1] = -1;  // never closed: the writer's thread may still be in write(2), as in the daemon
  CHECK(std::chrono::steady_clock::now() - start < 5s);  // the destructor does not wait for ever either
}

TEST_CASE("a non-blocking pipe gets every line completely too", "[daemon][log]") {
  const Pipe pipe;
  REQUIRE(::fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK) == 0);
  LineWriter writer(pipe.ends[1]);
  std::string expected;
  for (int i = 0; i < 3000; ++i) {  // more than fits into a pipe
    const std::string line = std::to_string(i) + std::string(99, 'x') + "\n";
    REQUIRE(writer.write(line));
    expected += line;
  }
  CHECK_FALSE(writer.flush(50ms));
  CHECK(pipe.read(expected.size()) == expected);
  CHECK(writer.flush(5s));
}

TEST_CASE("lines are accepted again when the reader continues", "[daemon][log]") {
  Pipe pipe;
  LineWriter writer(pipe.ends[1], 1000);
  std::size_t taken = 0;
  while (writer.write(std::string(99, 'x') + "\n")) {
    ++taken;
    std::this_thread::sleep_for(100us);
    REQUIRE(taken < 100'000);
  }
  const std::string before = pipe.read(taken * 100);
  CHECK(before.size() == taken * 100);
  REQUIRE(writer.flush(5s));
  CHECK(writer.write("back\n"));
  CHECK(pipe.read(5) == "back\n");
}

TEST_CASE("lines lost to a full disk are counted", "[daemon][log]") {
  const int full = ::open("/dev/full", O_WRONLY);
  LineWriter writer(full);
  CHECK(writer.write("one\ntwo\n"));
  CHECK(writer.flush(5s));
  CHECK(writer.lost() == 2);
  ::close(full);
}

TEST_CASE("lines that do not fit into the buffer are counted", "[daemon][log]") {
  const Pipe pipe;
  LineWriter writer(pipe.ends[1], 10);
  CHECK_FALSE(writer.write("longer than ten\nbytes\n"));
  CHECK(writer.lost() == 2);
}

TEST_CASE("the number of lost lines is reported once, on a separate line, when there is room again", "[daemon][log]") {
  std::signal(SIGXFSZ, SIG_IGN);
  const TemporaryDirectory directory;
  const auto path = directory.file("log");
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  {
    LineWriter writer(file, LineWriter::default_capacity,
                      [](auto lost) { return "lost " + std::to_string(lost) + "\n"; });
    const auto write = [&](const std::string& lines) {
      CHECK(writer.write(lines));
      CHECK(writer.flush(5s));
    };
    const rlimit full{10, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &full) == 0);
    write("first\nsecond\nthird\n");  // "first\nseco" fits
    write("fourth\n");
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    write("fifth\n");
    write("sixth\n");
    CHECK(writer.lost() == 3);
  }
  CHECK(text_of(path) == "first\nseco\nlost 3\nfifth\nsixth\n");
  ::close(file);
}

TEST_CASE("lines of several threads are not mixed up", "[daemon][log]") {
  const Pipe pipe;
  constexpr std::size_t each = 500;
  LineWriter writer(pipe.ends[1]);
  std::vector<std::jthread> threads;
  for (const char c : {'a', 'b', 'c', 'd'})
    threads.emplace_back([&writer, c] {
      for (std::size_t i = 0; i < each; ++i) writer.write(std::string(20, c) + "\n");
    });
  const std::string all = pipe.read(4 * each * 21);
  REQUIRE(all.size() == 4 * each * 21);
  std::size_t mixed = 0;
  for (std::size_t at = 0; at < all.size(); at += 21)
    if (all.substr(at, 21) != std::string(20, all[at]) + "\n") ++mixed;
  CHECK(mixed == 0);
}
