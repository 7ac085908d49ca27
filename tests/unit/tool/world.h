// A secondary MX in a temporary directory, and the tool run on it inside the test's process.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace shorthop::test {

/// The result of a run of the tool.
struct Ran {
  int status = -1;
  std::string output;
  std::string errors;
};

/// Runs the tool with these words; `input` is its standard input.
Ran run(const std::vector<std::string>& words, std::string_view input = {});

/// The hosts of DESIGN 1: example.org is relayed, example.com is local; user@example.org is an alias of the mailbox
/// user@example.com.
class World {
 public:
  /// `control`: the value of that setting. No daemon listens there, although one listens at the milter's socket.
  explicit World(const std::string& control = "none");
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void write(const std::string& name, std::string_view text) const;
  void remove(const std::string& name) const { std::filesystem::remove(file(name)); }
  std::string file(const std::string& name) const { return (directory_ / name).string(); }
  std::string config() const { return file("shorthop.conf"); }

  /// Runs `shorthop WORDS --config` of this world.
  Ran tool(std::vector<std::string> words, std::string_view input = {}) const;

  /// The text with this world's directory replaced by "/…".
  std::string with_short_paths(std::string text) const;

 private:
  std::filesystem::path directory_;
  int listener_ = -1;  ///< at the milter's socket
};

}  // namespace shorthop::test
