// The main function of every test binary under Catch2 v2 (Debian 12); v3 brings its own.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
