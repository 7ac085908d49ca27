#include "tables/types/module.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "text/ascii.h"

namespace shorthop {
namespace {

/// The dynamic linker's message about the last failure.
std::string linker_error() {
  const char* words = ::dlerror();  // NOLINT(concurrency-mt-unsafe): dlerror(3): each thread has its own
  return printable(words == nullptr ? "unknown error" : words, 300);
}

std::unexpected<ModuleFailure> not_loaded(std::string_view path, std::string_view why) {
  return std::unexpected(ModuleFailure{fmt::format("the module {} cannot be loaded: {}", path, why)});
}

}  // namespace

std::expected<const void*, ModuleFailure> load_module(const std::string& path, std::string_view interface) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return std::unexpected(ModuleFailure{fmt::format("there is no module {}", path), true});
  }
  // Further calls of dlopen() give the same library. It is never closed, because threads may run its code at any time.
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) return not_loaded(path, linker_error());
  const auto* module = static_cast<const Module*>(::dlsym(library, "shorthop_module"));
  if (module == nullptr) return not_loaded(path, linker_error());
  if (module->version != std::string_view(SHORTHOP_VERSION)) {
    return not_loaded(path, fmt::format("it belongs to shorthop {}, and this program is " SHORTHOP_VERSION
                                        "; restart shorthopd after an upgrade",
                                        printable(module->version, 40)));
  }
  if (module->interface != interface) return not_loaded(path, fmt::format("it is not a module {}", interface));
  return module->object;
}

std::string path_of_module(std::string_view name) {
  std::error_code error;
  // After an upgrade of the running program, the link may end in " (deleted)". This suffix is after the last '/', so
  // the directory is right.
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path prefix = error ? SHORTHOP_PREFIX : program.parent_path().parent_path();
  return (prefix / SHORTHOP_LIBDIR / "shorthop" / fmt::format("{}.so", name)).string();
}

}  // namespace shorthop
