// A shell script that stands for a program of a mail system, first in PATH.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "support/settings_directory.h"

namespace shorthop::test {

/// During the lifetime of the object, PATH finds the script under this name. shown() replaces its directory by "DIR".
class ScriptInPath {
 public:
  ScriptInPath(const std::string& name, const std::string& script) : before_(std::getenv("PATH")) {
    directory_.put(name, "#!/bin/sh\n" + script);
    std::filesystem::permissions(directory_ / name, std::filesystem::perms::owner_all);
    setenv("PATH", (directory_.path() + ":" + before_).c_str(), 1);
  }
  ~ScriptInPath() { setenv("PATH", before_.c_str(), 1); }
  ScriptInPath(const ScriptInPath&) = delete;
  ScriptInPath& operator=(const ScriptInPath&) = delete;

  std::string shown(std::string text) const { return directory_.shown(std::move(text)); }

 private:
  SettingsDirectory directory_;
  std::string before_;
};

}  // namespace shorthop::test
