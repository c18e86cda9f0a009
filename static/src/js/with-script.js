// What stands in for a script, such as the button of a filter that filters as one types, goes where a script runs.
document.documentElement.classList.add("has-script");
