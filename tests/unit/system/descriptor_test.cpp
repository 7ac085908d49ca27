#include "system/descriptor.h"

#include <fcntl.h>

#include <utility>

#include "support/catch.h"

using shorthop::Descriptor;

namespace {

bool is_in_use(int number) { return ::fcntl(number, F_GETFD) >= 0; }

Descriptor any_file() { return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

TEST_CASE("a descriptor is closed when it goes out of scope", "[system][descriptor]") {
  int number = -1;
  {
    const Descriptor file = any_file();
    number = file.get();
    CHECK(file.is_open());
    CHECK(is_in_use(number));
  }
  CHECK_FALSE(is_in_use(number));
}

TEST_CASE("a moved-from descriptor is not open and closes nothing", "[system][descriptor]") {
  Descriptor first = any_file();
  const int number = first.get();
  {
    Descriptor second = std::move(first);
    CHECK(second.get() == number);
    CHECK_FALSE(first.is_open());  // NOLINT(bugprone-use-after-move): its state is tested
    first = std::move(second);
  }
  CHECK(is_in_use(number));
  CHECK(first.get() == number);
}

TEST_CASE("assigning to a descriptor closes the previous one", "[system][descriptor]") {
  Descriptor file = any_file();
  Descriptor other = any_file();
  const int old_number = file.get();
  const int new_number = other.get();
  file = std::move(other);
  CHECK_FALSE(is_in_use(old_number));
  CHECK(file.get() == new_number);
}

TEST_CASE("close() may be called twice; an error result of open(2) is not a descriptor", "[system][descriptor]") {
  Descriptor file = any_file();
  file.close();
  CHECK(file.get() == -1);
  file.close();
  CHECK_FALSE(Descriptor(::open("/no/such/file", O_RDONLY | O_CLOEXEC)).is_open());
  CHECK_FALSE(Descriptor().is_open());
}
