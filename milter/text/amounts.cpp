#include "text/amounts.h"

namespace shorthop {

std::string duration_text(std::chrono::seconds time) {
  using namespace std::chrono;
  if (time >= days(4)) return counted(duration_cast<days>(time).count(), "day", "days");
  if (time >= hours(4)) return counted(duration_cast<hours>(time).count(), "hour", "hours");
  if (time >= minutes(4)) return counted(duration_cast<minutes>(time).count(), "minute", "minutes");
  return counted(time.count(), "second", "seconds");
}

}  // namespace shorthop
