// Fakes for the output of postconf.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "postfix/postconf.h"
#include "support/map_files.h"

namespace shorthop::test {

/// A postconf that prints this text, or fails with this failure.
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
