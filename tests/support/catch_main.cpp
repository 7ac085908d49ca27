// The main function of every test binary with Catch2 v2 (Debian 12); v3 has its own.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
