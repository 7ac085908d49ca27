// Fakes for files and for the output of postconf.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "postfix/postconf.h"
#include "system/file_reader.h"

namespace shorthop::test {

class MapFiles final : public FileReader {
 public:
  using Texts = std::map<std::string, std::string>;
  explicit MapFiles(Texts texts = {}) : texts_(std::move(texts)) {}
  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override {
    const auto found = texts_.find(path.string());
    if (found != texts_.end()) return found->second;
    return std::unexpected(ReadFailure{ReadFailure::Kind::missing, "no such file"});
  }

 private:
  Texts texts_;
};

/// A Postfix that gives this output, or fails this way.
class TextPostconf final : public Postconf {
 public:
  explicit TextPostconf(std::string text) : text_(std::move(text)) {}
  explicit TextPostconf(ChildFailure failure) : failure_(std::move(failure)) {}
  std::expected<Parameters, ChildFailure> ask(const std::string&) const override {
    ++asked;
    if (failure_) return std::unexpected(*failure_);
    return parse_parameters(text_);
  }
  mutable int asked = 0;

 private:
  std::string text_;
  std::optional<ChildFailure> failure_;
};

inline ChildFailure no_postconf() { return {ChildFailure::Kind::not_found, "there is no program postconf here"}; }

}  // namespace shorthop::test
