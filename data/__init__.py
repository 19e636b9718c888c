"""What is measured: records, table schemas, dataset loaders, images, run folders, demo set."""
