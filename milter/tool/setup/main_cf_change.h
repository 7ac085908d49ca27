// Replaces main.cf, verifies it with postconf(1) and activates it; restores the old file on any failure.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include "postfix/postfix_facts.h"
#include "tool/setup/postfix_control.h"
#include "tool/setup/setup_plan.h"
#include "tool/subcommand.h"

namespace shorthop::tool {

/// Asks Postfix for its current facts.
using AskPostfix = std::function<std::expected<PostfixFacts, std::string>()>;

/// Verifies the facts after the change; the error is a sentence.
using CheckFacts =
    std::function<std::expected<void, std::string>(const PostfixFacts& before, const PostfixFacts& after)>;

/// Writes the text, has postconf read it, and reloads Postfix if it is running. After any failure the old main.cf is
/// restored and active. Reports its steps on `output`; the error is a sentence.
std::expected<void, std::string> change_main_cf(const TextEdit& edit, const AskPostfix& ask, const CheckFacts& check,
                                                const PostfixControl& control, Output& output);

/// Verifies that only lists of milters changed.
std::expected<void, std::string> check_only_milters_changed(const PostfixFacts& before, const PostfixFacts& after);

}  // namespace shorthop::tool
