#include "text/duration.h"

#include <string_view>

namespace shorthop {
namespace {

std::string counted(long long count, std::string_view unit) {
  return std::to_string(count).append(1, ' ').append(unit).append(count == 1 ? "" : "s");
}

}  // namespace

std::string duration_text(std::chrono::seconds time) {
  using namespace std::chrono;
  if (time >= days(4)) return counted(duration_cast<days>(time).count(), "day");
  if (time >= hours(4)) return counted(duration_cast<hours>(time).count(), "hour");
  if (time >= minutes(4)) return counted(duration_cast<minutes>(time).count(), "minute");
  return counted(time.count(), "second");
}

}  // namespace shorthop
