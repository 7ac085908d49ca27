// Modules for the tests of the loader (tables/types/module.h). ODD_MODULE is the version that the module states; a
// module built without it exports nothing.
#include "tables/types/module.h"

namespace shorthop::test {

struct Number {
  static constexpr const char* interface_name = "number";
  int value = 0;
};

constexpr Number seven{7};

}  // namespace shorthop::test

#ifdef ODD_MODULE
extern "C" const shorthop::Module shorthop_module = shorthop::module_of(ODD_MODULE, shorthop::test::seven);
#endif
