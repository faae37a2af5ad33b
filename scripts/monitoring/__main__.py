from scripts.monitoring import main

main()
