# Renders Liquid templates with Ruby's liquid: JSON { context, templates } at stdin, JSON array of texts at stdout.
require "json"
require "liquid"

text = $stdin.read
answers = JSON.parse(text)["templates"].map do |template|
  begin
    # Counters of `increment` are kept in the context: each template has its own.
    Liquid::Template.parse(template).render(JSON.parse(text)["context"])
  rescue StandardError => error
    "refused: #{error.class}"
  end
end
puts JSON.generate(answers)
