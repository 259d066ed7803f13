function love.conf(options)
  options.identity = "studio-executions"
  options.version = "11.4"
  options.window.title = "Twilio Studio: Executions"
  options.window.width, options.window.height = 640, 360
  for _, unused in ipairs { "audio", "joystick", "physics", "sound", "touch", "video" } do options.modules[unused] = false end
end
