// Loaded into a daemon by LD_PRELOAD: the daemon sees a system clock that is ahead of the real one. The environment
// variable SHORTHOP_CLOCK names a file with the number of seconds.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>

namespace {

long seconds_ahead() {
  const char* path = std::getenv("SHORTHOP_CLOCK");  // NOLINT(concurrency-mt-unsafe): nobody changes it
  const int file = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  std::array<char, 32> text{};
  const bool is_read = ::read(file, text.data(), text.size() - 1) > 0;
  ::close(file);
  return is_read ? std::strtol(text.data(), nullptr, 10) : 0;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  if (clock == CLOCK_REALTIME && result == 0) time->tv_sec += seconds_ahead();
  return result;
}
