// A successful allocation may change errno, as malloc(3) does if one of its ways to get memory fails.
#include <cerrno>
#include <cstdlib>
#include <new>

#include "support/catch.h"
#include "system/file_reader.h"
#include "system/regular_file_reader.h"

namespace {
thread_local bool changes_errno = false;  // while true, every operator new of this program changes errno
}

void* operator new(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  if (changes_errno) errno = ENOMEM;
  return memory;
}
// Replaced too, because the operators below free what it allocates.
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept { return std::malloc(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

namespace shorthop::test {

TEST_CASE("a missing file is missing, whatever happens to errno when its message is made", "[system][files]") {
  const std::filesystem::path path = "/nonexistent/shorthop-has-no-such-file";
  changes_errno = true;
  const auto file = RegularFile::open(path);
  const auto text = SystemFiles().read(path);
  changes_errno = false;
  REQUIRE_FALSE(file);
  CHECK(file.error().kind == ReadFailure::Kind::missing);
  CHECK(file.error().what == "no such file or directory");
  REQUIRE_FALSE(text);
  CHECK(text.error().kind == ReadFailure::Kind::missing);
}

}  // namespace shorthop::test
