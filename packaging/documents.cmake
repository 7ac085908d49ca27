# Part of the build: makes all manual pages and completions. Variables that must be set: generate, templates, documents,
# version, date.
file(REMOVE_RECURSE "${documents}")

# run(OUTPUT WORDS...): writes what the generator prints to the file OUTPUT.
function(run output)
  get_filename_component(directory "${output}" DIRECTORY)
  file(MAKE_DIRECTORY "${directory}")
  execute_process(COMMAND "${generate}" ${ARGN} OUTPUT_FILE "${output}" COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(GLOB pages RELATIVE "${templates}" "${templates}/*.in")
list(REMOVE_ITEM pages shorthop-SUBCOMMAND.1.in)
foreach(page ${pages})
  string(REGEX REPLACE "\\.in$" "" name "${page}")
  string(REGEX MATCH "[1-8]$" section "${name}")
  run("${documents}/man${section}/${name}" man "${version}" "${date}" "${templates}/${page}")
endforeach()

execute_process(COMMAND "${generate}" subcommands OUTPUT_VARIABLE subcommands COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" subcommands "${subcommands}")
foreach(name ${subcommands})
  run("${documents}/man1/shorthop-${name}.1" man "${version}" "${date}" "${templates}/shorthop-SUBCOMMAND.1.in" ${name})
endforeach()

run("${documents}/bash-completion/completions/shorthop" bash)
# For the completion of a command, bash looks for a file with the command's name.
file(CREATE_LINK shorthop "${documents}/bash-completion/completions/shorthopd" SYMBOLIC)
run("${documents}/_shorthop" zsh)
file(TOUCH "${documents}/made")
