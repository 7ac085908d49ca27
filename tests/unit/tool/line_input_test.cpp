// Lines from a descriptor: line ends and lengths of every kind, and lines that have not arrived.
#include "tool/resolve/line_input.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.h"
#include "unit/tool/pipe.h"

using shorthop::test::Pipe;
using shorthop::tool::LineInput;

namespace {

/// All lines of a text that arrives through a pipe; truncated ones end in "...".
std::vector<std::string> lines_through_pipe(std::string_view text) {
  Pipe pipe;
  std::thread writer([&] {
    pipe.put(text);
    pipe.close_writer();
  });
  std::vector<std::string> lines;
  LineInput input(pipe.reader());
  while (const auto line = input.next()) lines.push_back(std::string(line->text) + (line->is_whole ? "" : "..."));
  writer.join();
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a line ends with LF, CR LF or the end of the input", "[tool][line-input]") {
  CHECK(lines_through_pipe("").empty());
  CHECK(lines_through_pipe("a") == Lines{"a"});
  CHECK(lines_through_pipe("a\n") == Lines{"a"});
  CHECK(lines_through_pipe("a\r\nb") == Lines{"a", "b"});
  CHECK(lines_through_pipe("\n\na\n") == Lines{"", "", "a"});
  CHECK(lines_through_pipe("a\rb\r\n") == Lines{"a\rb"});
}

TEST_CASE("a line may contain any byte but LF", "[tool][line-input]") {
  const std::string odd("a\0b\xff\x80", 5);
  CHECK(lines_through_pipe(odd + "\n" + odd) == Lines{odd, odd});
}

TEST_CASE("a line longer than the limit is truncated, and the next one is read as usual", "[tool][line-input]") {
  const std::string longest(LineInput::max_line, 'x');
  CHECK(lines_through_pipe(longest + "\nnext\n") == Lines{longest, "next"});
  CHECK(lines_through_pipe(longest + "y\nnext\n") == Lines{longest + "...", "next"});
  CHECK(lines_through_pipe(longest + std::string(3'000'000, 'y') + "\nnext") == Lines{longest + "...", "next"});
  CHECK(lines_through_pipe(longest + "y") == Lines{longest + "..."});
}

TEST_CASE("lines that cross blocks of the input stay whole", "[tool][line-input]") {
  std::string text;
  Lines expected;
  for (int i = 0; i < 100'000; ++i) {
    expected.push_back("line " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 37), '.'));
    text += expected.back() + "\n";
  }
  CHECK(lines_through_pipe(text) == expected);
}

TEST_CASE("a line that has not arrived can be left for later", "[tool][line-input]") {
  Pipe pipe;
  LineInput input(pipe.reader());
  CHECK_FALSE(input.next_arrived());
  pipe.put("a\nb\nhalf");
  CHECK(input.next_arrived()->text == "a");
  CHECK(input.next_arrived()->text == "b");
  CHECK_FALSE(input.next_arrived());
  pipe.put(" and half\n");
  CHECK(input.next_arrived()->text == "half and half");
  pipe.put("rest");
  pipe.close_writer();
  CHECK(input.next_arrived()->text == "rest");
  CHECK_FALSE(input.next_arrived());
  CHECK_FALSE(input.next());
}

TEST_CASE("the rest of a line that is too long can arrive later", "[tool][line-input]") {
  Pipe pipe;
  LineInput input(pipe.reader());
  // In parts that a pipe holds.
  pipe.put(std::string(LineInput::max_line, 'x'));
  CHECK_FALSE(input.next_arrived());
  pipe.put("y");
  CHECK_FALSE(input.next_arrived()->is_whole);
  CHECK_FALSE(input.next_arrived());
  pipe.put("y\nnext\n");
  CHECK(input.next_arrived()->text == "next");
}

TEST_CASE("a read from a non-blocking descriptor waits", "[tool][line-input]") {
  Pipe pipe;
  REQUIRE(::fcntl(pipe.reader(), F_SETFL, O_NONBLOCK) == 0);
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    pipe.put("late\n");
    pipe.close_writer();
  });
  LineInput input(pipe.reader());
  CHECK(input.next()->text == "late");
  CHECK_FALSE(input.next());
  CHECK(input.error() == 0);
  writer.join();
}

TEST_CASE("a read error is an error, not the end of the input", "[tool][line-input]") {
  const int directory = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  LineInput input(directory);
  CHECK_FALSE(input.next());
  CHECK(input.error() == EISDIR);
  ::close(directory);
  LineInput closed(-1);
  CHECK_FALSE(closed.next());
  CHECK(closed.error() == EBADF);
}
