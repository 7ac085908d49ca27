// A claim that a fuzz target makes about its result; a false one ends the program, as libFuzzer wants it.
#pragma once

#include <cstdio>
#include <cstdlib>

inline void must(bool holds, const char* claim) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", claim);
  std::abort();
}
