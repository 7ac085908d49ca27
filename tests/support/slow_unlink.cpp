// Loaded into daemons by LD_PRELOAD: delays the removal of a socket after the check that nothing listens there, so that
// two daemons that start at the same time overlap between check and removal. The delay differs between processes.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string_view>

extern "C" int unlink(const char* path) noexcept {
  constexpr useconds_t step = 40'000;
  if (std::string_view(path).ends_with(".sock")) ::usleep(step * (1 + static_cast<useconds_t>(::getpid() % 4)));
  return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}
