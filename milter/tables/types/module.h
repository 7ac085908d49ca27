// Modules: parts of the program that use a large client library, in packages of their own. A module is loaded when a
// table of its type is named. It is built from modules/NAME.cpp (shorthop_module in milter/CMakeLists.txt) and exports
// one object, whose class is an interface of this folder. All logic of tables stays outside the modules.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace shorthop {

/// What a module exports as the symbol "shorthop_module".
struct Module {
  const char* version;    ///< SHORTHOP_VERSION: a module fits the program that it was built with, and no other
  const char* interface;  ///< Interface::interface_name of the object
  const void* object;     ///< an Interface
};

template <class Interface>
Module module_of(const char* version, const Interface& object) {
  return {version, Interface::interface_name, &object};
}

struct ModuleFailure {
  std::string what;         ///< a sentence with the path of the file
  bool is_missing = false;  ///< there is no such file: its package is not installed
};

/// The object in the file, which stays loaded until the program ends.
std::expected<const void*, ModuleFailure> load_module(const std::string& path, std::string_view interface);

/// The file of the module of this name, below the prefix of the running program: "../lib/.../shorthop/NAME.so" as seen
/// from its directory. The build tree has the same layout as an installation.
std::string path_of_module(std::string_view name);

/// The object of the module of this name, for as long as the program runs.
template <class Interface>
std::expected<const Interface*, ModuleFailure> find_module(std::string_view name) {
  const auto object = load_module(path_of_module(name), Interface::interface_name);
  if (!object) return std::unexpected(object.error());
  return static_cast<const Interface*>(*object);
}

}  // namespace shorthop
