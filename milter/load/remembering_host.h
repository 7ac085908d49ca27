// A host that remembers for a moment whom it knows: the same few users are asked for all the time, and getpwnam(3)
// reads the whole user database each time.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "primary/local_host.h"
#include "primary/primary.h"

namespace shorthop {

struct MemoryLimits {
  std::chrono::milliseconds time{2000};  ///< a new or removed user is seen after that
  std::size_t recipients = 10'000;
};

using SteadyClock = std::function<std::chrono::steady_clock::time_point()>;

/// Answers of `knows` are remembered, failures too. Everything else is passed on.
std::shared_ptr<const LocalHost> remembering_host(std::shared_ptr<const LocalHost> host,
                                                  SteadyClock clock = std::chrono::steady_clock::now,
                                                  MemoryLimits limits = {});

}  // namespace shorthop
