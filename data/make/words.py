"""The words pictures are made of. Places and people are invented or too common to mean anyone."""

PLACES = (
    "Arden", "Bexby", "Brook", "Calby", "Corby", "Dalby", "Elmore", "Fenby", "Garth", "Harby",
    "Holme", "Inver", "Kelby", "Larne", "Marden", "Morby", "Norby", "Oakham", "Ribby", "Selby",
    "Thorne", "Upton", "Welby", "Wystan",
)  # fmt: skip
PEOPLE = (
    "Ada", "Ben", "Carla", "Dario", "Edda", "Finn", "Gita", "Hugo", "Ines", "Jonas", "Kira", "Lars",
    "Mara", "Mira", "Nils", "Olga", "Pia", "Rosa", "Sami", "Tara", "Timo", "Vera", "Yusuf", "Zoe",
)  # fmt: skip
PLANTS = (
    "Aloe", "Basil", "Begonia", "Cactus", "Clover", "Dahlia", "Fern", "Ficus", "Heather", "Hosta",
    "Iris", "Ivy", "Jasmine", "Lavender", "Lily", "Mint", "Moss", "Orchid", "Palm", "Peony",
    "Rose", "Sage", "Thyme", "Tulip", "Violet", "Yucca",
)  # fmt: skip
BOATS = (
    "Albatross", "Arrow", "Beacon", "Bluebird", "Comet", "Coral", "Dolphin", "Dragonfly", "Echo",
    "Falcon", "Gannet", "Heron", "Kestrel", "Lantern", "Marlin", "Merlin", "Nomad", "Osprey",
    "Pelican", "Petrel", "Puffin", "Seagull", "Sparrow", "Swallow", "Tern", "Wanderer",
)  # fmt: skip
GROCERIES = (
    ("Apples", 249), ("Bananas", 179), ("Bread", 320), ("Butter", 289), ("Candles", 459),
    ("Carrots", 129), ("Cheese", 545), ("Coffee", 699), ("Cocoa", 379), ("Crackers", 219),
    ("Eggs", 349), ("Flour", 139), ("Grapes", 329), ("Honey", 589), ("Jam", 269),
    ("Lemons", 199), ("Melons", 299), ("Milk", 119), ("Noodles", 159), ("Olive oil", 849),
    ("Onions", 149), ("Oranges", 279), ("Pepper", 239), ("Pears", 259), ("Rice", 229),
    ("Salt", 89), ("Soap", 189), ("Sugar", 169), ("Tea", 419), ("Yoghurt", 99),
)  # fmt: skip
SHOPS = (
    "Corner Store",
    "Green Basket",
    "Market Hall",
    "Old Mill Shop",
    "Station Deli",
    "Sun Foods",
)
SIGHTS = (
    "Bakery", "Bank", "Bridge", "Brewery", "Castle", "Chapel", "Cinema", "Clinic", "Court",
    "Garage", "Garden", "Hotel", "Library", "Market", "Museum", "Park", "Pharmacy", "Pool",
    "School", "Stadium", "Station", "Theatre", "Tower", "Zoo",
)  # fmt: skip
STREETS = ("Ash St", "Canal St", "Well St", "High St", "Hill St", "King St", "Lake St", "Mill St")
AVENUES = ("Main Ave", "First Ave", "Lime Ave", "Oak Ave", "Elm Ave", "Pine Ave", "Rose Ave")
